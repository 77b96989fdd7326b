"""Methods beside messages: logging in, catching up, who people are, files, the bot's own look."""

import time
from collections.abc import Callable

from tests.telegram_server.files import DATA_CENTRE
from tests.telegram_server.sessions import Session
from tests.telegram_server.telegram import Telegram
from tests.telegram_server.tl import F, RpcFailure, T, Tl, filled, objects

Method = Callable[[Telegram, Session, Tl], Tl]

#: A configuration is worth asking again after an hour.
_CONFIG_SECONDS = 3600


def config(port: int) -> Tl:
    """Return where the data centre is: here, for messages as for files."""
    now = int(time.time())
    return filled(
        T.Config,
        date=now,
        expires=now + _CONFIG_SECONDS,
        this_dc=DATA_CENTRE,
        dc_options=[T.DcOption(id=DATA_CENTRE, ip_address="127.0.0.1", port=port)],
    )


def nearest_dc(_: Telegram, __: Session, ___: Tl) -> Tl:
    """Return the one data centre there is."""
    return T.NearestDc(country="UA", this_dc=DATA_CENTRE, nearest_dc=DATA_CENTRE)


def log_in(telegram: Telegram, session: Session, request: Tl) -> Tl:
    """Let in whoever has a bot's token."""
    number, _, secret = request.bot_auth_token.partition(":")
    if not number.isdigit() or not secret:
        raise RpcFailure(400, "ACCESS_TOKEN_INVALID")
    telegram.logins += 1
    session.key.logged_in = True
    return T.auth.Authorization(user=telegram.bot)


def log_out(_: Telegram, session: Session, __: Tl) -> Tl:
    """Make the key one that nobody logged in with."""
    session.key.log_out()
    return T.auth.LoggedOut()


def get_state(telegram: Telegram, session: Session, _: Tl) -> Tl:
    """Return where the world is; from now on this session is told what people do."""
    _become_main(telegram, session)
    return telegram.state


def get_difference(telegram: Telegram, session: Session, request: Tl) -> Tl:
    """Return what a session missed."""
    _become_main(telegram, session)
    return telegram.difference(request.pts)


def get_users(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Return those whom the bot may know: a hash of 0 does for people it met."""
    found = []
    for each in objects(request.id):
        if isinstance(each, T.InputUserSelf):
            found.append(telegram.bot)
            continue
        person = telegram.people.get(each.user_id)
        if person and person.met and each.access_hash in (0, person.access_hash):
            found.append(person.account())
    return found


def get_full_user(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Return the bot's own account, which is all a bot asks for."""
    if not isinstance(request.id, T.InputUserSelf):
        raise RpcFailure(400, "USER_ID_INVALID")
    full = filled(
        T.UserFull,
        id=telegram.bot.id,
        settings=T.PeerSettings(),
        notify_settings=T.PeerNotifySettings(),
    )
    return T.users.UserFull(full_user=full, chats=[], users=[telegram.bot])


def get_file(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Return a piece of a file."""
    piece = telegram.files.chunk(request.location, offset=request.offset, limit=request.limit)
    return T.upload.File(type=T.storage.FileJpeg(), mtime=int(time.time()), bytes=piece)


def save_file_part(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Keep a piece of what the bot uploads."""
    telegram.files.take_part(request.file_id, request.file_part, request.bytes)
    return True


def set_commands(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """List these commands to people of a language."""
    listed = [(each.command, each.description) for each in request.commands]
    telegram.commands[_scope(request)] = listed
    return True


def reset_commands(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """List no commands of their own to people of a language."""
    telegram.commands.pop(_scope(request), None)
    return True


def set_menu_button(telegram: Telegram, _: Session, request: Tl) -> Tl:
    """Choose what stands beside the place where people type."""
    user_id = getattr(request.user_id, "user_id", 0)
    telegram.menu_buttons[user_id] = type(request.button).__name__
    return True


def _scope(request: Tl) -> tuple[str, str]:
    return type(request.scope).__name__.removeprefix("BotCommandScope"), request.lang_code


def _become_main(telegram: Telegram, session: Session) -> None:
    session.key.become_main(session)
    for kept in telegram.unheard():
        session.say(kept, answer=False)


ACCOUNT_METHODS: dict[type, Method] = {
    F.help.GetNearestDc: nearest_dc,
    F.auth.ImportBotAuthorization: log_in,
    F.auth.LogOut: log_out,
    F.updates.GetState: get_state,
    F.updates.GetDifference: get_difference,
    F.users.GetUsers: get_users,
    F.users.GetFullUser: get_full_user,
    F.upload.GetFile: get_file,
    F.upload.SaveFilePart: save_file_part,
    F.bots.SetBotCommands: set_commands,
    F.bots.ResetBotCommands: reset_commands,
    F.bots.SetBotMenuButton: set_menu_button,
}
