"""Marketing changes the list by files and commands: wholly, visibly, and never twice."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from eventstore.attachments import FolderAttachments
from eventstore.catalogue import ProductRetired, ProductsImported
from eventstore.errors import EventStoreError
from eventstore.groups import groups_of
from eventstore.identity import PRODUCTS_STREAM, Sku, sha256_of
from eventstore.log import open_log
from eventstore.pool import Pool
from handlers.files import FileUnusable
from handlers.goods import products_cli
from handlers.goods.product_files import COLUMNS, ROWS_MAX, read_products
from handlers.goods.product_list import built_in
from handlers.goods.products import ProductList
from tests.handlers.goods.listing import LISTED_CODE, a_list, a_product
from tests.story import a_store, facts

Command = Callable[..., Awaitable[Result]]

GOODS = f"""sku;name_uk;aliases;barcodes;brand;prescription;active_from;active_until
DRN-1;Цитрамон-Дарниця табл. №10;Цитрамон Дарн|CITRAMON-D;{LISTED_CODE};;ні;;
DRN-2;"Дарфен® гель; туба";;;ТАК;;01.12.2026;2027-01-31
"""


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Command:
    """Run a command of the group as an operator does."""
    app = typer.Typer()
    attachments = FolderAttachments(root=tmp_path / "attachments")
    products_cli.register(
        groups_of(app),
        open_log=lambda name, size: open_log(
            database_url, name=name, connections=size, attachments=attachments, secret=bytes(32)
        ),
    )

    async def command(*arguments: object) -> Result:
        words = ["products", *map(str, arguments)]
        return await asyncio.to_thread(CliRunner().invoke, app, words)  # has a loop of its own

    return command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of two products, as a spreadsheet of Ukraine writes it."""
    path = tmp_path / "goods.csv"
    path.write_text(GOODS, encoding="utf-8-sig")
    return path


def problems_of(text: str | bytes, listed: ProductList | None = None) -> list[str]:
    """Return what is wrong with a file."""
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(FileUnusable) as refused:
        read_products(content, listed=listed or built_in(), path=Path("goods.csv"))
    return refused.value.problems


async def story(pool: Pool) -> list[object]:
    """Return the list's facts."""
    return [*await facts(a_store(pool), PRODUCTS_STREAM)]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_as_spreadsheets_write_it(mark: str, delimiter: str, end: str) -> None:
    """Byte order mark or not, three delimiters, two line ends, columns in any order."""
    lines = ["Name_UK,SKU,brand", "Дарсіл,D 1,", "Дарсіл,D-1,yes", ",,", ""]
    text = mark + end.join(lines).replace(",", delimiter)
    assert problems_of(text) == ["line 2: sku: 'D 1' must be 1 to 64 letters, digits or"
                                 " signs of . / - _"]  # fmt: skip
    (product,) = read_products(
        text.replace("D 1", "D-1").replace(f"Дарсіл{delimiter}D-1{delimiter}{end}", "").encode(),
        listed=built_in(),
        path=Path("goods.csv"),
    )
    assert product == a_product("Дарсіл", "D-1", brand=True)


def test_every_problem_of_every_line_is_told_at_once() -> None:
    """Whoever mends a file mends it once."""
    rows = f"""{",".join(COLUMNS)}
,Цитрамон-Дарниця,x,,123,maybe,,2026,
A,НІМЕСУЛІД,,,2000000000008,yes,,2026-01-02,2026-01-01,zz
A,Дарниця,,Цитрамон-Здоров'я|Дарниця Цитрамон,{LISTED_CODE},,,,
"""
    told = problems_of(rows, a_list(a_product("Дарсіл", "OTHER", barcodes=[LISTED_CODE])))
    found = [problem.split(":")[0] + ":" + problem.split(":")[1] for problem in told]
    assert found == [
        "line 2: brand", "line 2: active_from", "line 2: sku", "line 2: name_en",
        "line 2: barcodes",
        "line 3: it has more values than columns", "line 3: barcodes", "line 3: brand",
        "line 3: active_until",
        "line 4: name_uk", "line 4: aliases", "line 4: aliases",
        "line 4: sku A stands in line 3 already",
        f"line 4: barcode {LISTED_CODE} is OTHER's already",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the column sku is missing"),
        (b"sku,name_uk", "it has 0 products"),
        (b"sku,sku,colour\n", "no column 'colour' is known"),
        ("sku,name_uk\nA,Цитрамон".encode("cp1251"), "save it as CSV in UTF-8"),
        (b'sku,name_uk\nA,"', "unexpected end of data"),
        (b"sku,name_uk\nA,\0", "printable letters"),
        (b"sku,name_uk\n" + b"x" * 200_000, "field larger than field limit"),
        (b"x" * 5_000_001, "larger than 5,000,000 bytes"),
        (b"sku,name_uk\n" + b"A,B\n" * (ROWS_MAX + 1), "it has 5001 products"),
    ],
)
def test_what_is_no_file_of_goods_is_refused_with_what_to_do(content: bytes, told: str) -> None:
    """Not a traceback."""
    assert told in "; ".join(problems_of(content))


async def test_an_import_tells_its_change_and_is_one_fact(
    run: Command, file: Path, pool: Pool
) -> None:
    """With the file's hash; the register's entries of these names give way."""
    done = await run("import", file, "--reason", "autumn list")
    assert (done.exit_code, done.stdout.splitlines()) == (0, [
        "added    DRN-1 Цитрамон-Дарниця табл. №10",
        "added    DRN-2 Дарфен® гель; туба",
        "gives way REG-042 ДАРФЕН® ГЕЛЬ",
        "gives way REG-209 ЦИТРАМОН-ДАРНИЦЯ",
    ])  # fmt: skip
    assert "2 added, 0 changed, 0 unchanged, 2 of the register give way" in done.stderr
    first = a_product(
        "Цитрамон-Дарниця табл. №10",
        aliases=["Цитрамон Дарн", "CITRAMON-D"],
        barcodes=[LISTED_CODE],
        prescription=False,
    )
    second = a_product(
        "Дарфен® гель; туба",
        "DRN-2",
        brand=True,
        active_from=date(2026, 12, 1),
        active_until=date(2027, 1, 31),
    )
    assert await story(pool) == [
        ProductsImported(
            products=[first, second],
            source_sha256=sha256_of(file.read_bytes()),
            reason="autumn list",
        )
    ]


async def test_the_same_file_again_changes_nothing(run: Command, file: Path, pool: Pool) -> None:
    """A second run after a crash or a doubt is safe."""
    await run("import", file, "--reason", "autumn list")
    same = ("--maker-prefix", built_in().prefixes[0], "--json")
    again = await run("import", file, "--reason", "was it done?", *same)
    assert (again.exit_code, len(await story(pool))) == (0, 1)
    told = json.loads(again.stdout)
    assert (told["applied"], told["unchanged"], told["added"]) == (False, 2, [])


async def test_a_dry_run_tells_and_changes_nothing(run: Command, file: Path, pool: Pool) -> None:
    """Told is the list as it would be."""
    dry = await run("import", file, "--reason", "a look", "--dry-run", "--json")
    assert (dry.exit_code, await story(pool)) == (0, [])
    real = await run("import", file, "--reason", "now", "--json")
    assert json.loads(dry.stdout) | {"applied": True} == json.loads(real.stdout)


async def test_only_what_differs_is_told_again(run: Command, file: Path, pool: Pool) -> None:
    """Each field as it was and will be."""
    await run("import", file, "--reason", "autumn list")
    file.write_text(GOODS.replace(";;ТАК", ";;").replace(";ні;;", ";так;;2026-12-31"))
    done = await run("import", file, "--reason", "a correction", "--maker-prefix", "4820099")
    assert done.stdout.splitlines() == [
        "changed  DRN-1 Цитрамон-Дарниця табл. №10: prescription no -> yes;"
        " active_until none -> 2026-12-31",
        "changed  DRN-2 Дарфен® гель; туба: brand yes -> no",
        "maker's barcodes begin with 4820099",
    ]
    assert "begin with 4820099" in (await run("list")).stderr
    last = (await story(pool))[-1]
    assert isinstance(last, ProductsImported)
    assert last.maker_prefixes == ["4820099"]


@pytest.mark.parametrize("prefix", ["482", "4823006x", "1" * 13, "٤٨٢٣٠٠٦"])
async def test_a_prefix_that_many_companies_share_is_refused(
    run: Command, file: Path, pool: Pool, prefix: str
) -> None:
    """Misuse: with «482» every good of Ukraine would be ours."""
    refused = await run("import", file, "--reason", "x", "--maker-prefix", prefix)
    assert (refused.exit_code, await story(pool)) == (2, [])


async def test_a_file_with_one_bad_line_changes_nothing(
    run: Command, file: Path, pool: Pool
) -> None:
    """All or nothing."""
    file.write_text(f"{GOODS}DRN-3;Дарсіл;;1;;;;\n", encoding="utf-8")
    refused = await run("import", file, "--reason", "autumn list")
    assert (refused.exit_code, await story(pool)) == (2, [])
    assert "nothing was changed:\n  line 4: barcodes: '1' is no EAN-13" in refused.stderr


async def test_a_reason_with_somebodys_number_is_refused(
    run: Command, file: Path, pool: Pool
) -> None:
    """It would stay in the log for ever."""
    for command in (("import", file), ("retire", "REG-001", "--last-day", "2026-11-27")):
        refused = await run(*command, "--reason", "Ann said so, 0670000001")
        assert isinstance(refused.exception, EventStoreError)
    assert await story(pool) == []


async def test_a_product_is_retired_once(run: Command, pool: Pool) -> None:
    """Another last day is another fact."""
    for day in ("2026-11-27", "2026-11-27", "2026-11-28"):
        done = await run("retire", "REG-209", "--last-day", day, "--reason", "sold out")
        assert (done.exit_code, f"earns until {day}" in done.stderr) == (0, True)
    assert await story(pool) == [
        ProductRetired(sku=Sku("REG-209"), last_day=date(2026, 11, day), reason="sold out")
        for day in (27, 28)
    ]


async def test_what_is_not_on_the_list_cannot_be_retired(run: Command, pool: Pool) -> None:
    """Nor can anything on a day that is none."""
    unknown = await run("retire", "DRN-9", "--last-day", "2026-11-27", "--reason", "x")
    assert "`products list` has the codes" in str(unknown.exception)
    assert (await run("retire", "REG-209", "--last-day", "27.11", "--reason", "x")).exit_code == 2
    assert await story(pool) == []


async def test_the_list_is_shown_whole_or_as_of_a_day(run: Command, file: Path) -> None:
    """As a table, or one object a line."""
    await run("import", file, "--reason", "autumn list")
    table = (await run("list")).stdout.splitlines()
    assert (table[0].split()[0], table[1].split()[0]) == ("sku", "DRN-1")

    async def shown(*options: str) -> set[str]:
        lines = (await run("list", "--json", *options)).stdout.splitlines()
        return {json.loads(line)["sku"] for line in lines}

    assert len(await shown()) == 210
    assert await shown() - await shown("--day", "2026-11-30") == {"DRN-2"}
    assert await shown() == await shown("--day", "2026-12-01")


async def test_a_line_is_explained_by_the_list_of_its_day(run: Command, file: Path) -> None:
    """What was imported a moment ago counts at once."""
    await run("import", file, "--reason", "autumn list")
    told = await run("explain", "ЩОСЬ ІНШЕ", "--barcode", LISTED_CODE)
    assert told.stdout.splitlines()[:2] == [
        "verdict        Darnitsa's for certain",
        "product        DRN-1 Цитрамон-Дарниця табл. №10",
    ]
    early = await run("explain", "Дарфен гель 5%", "--day", "2026-11-30", "--json")
    due = await run("explain", "Дарфен гель 5%", "--day", "2026-12-01", "--json")
    verdicts = [json.loads(each.stdout)["verdict"] for each in (early, due)]
    assert verdicts == ["OTHER", "DARNITSA"]
