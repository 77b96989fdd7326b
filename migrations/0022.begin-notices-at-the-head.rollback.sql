DELETE FROM work WHERE handler = 'bot.notices';
DELETE FROM cursors WHERE name = 'work/bot.notices';
