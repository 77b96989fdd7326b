"""HTTP, both directions: places one can go to.

app           every route, and what stands before and behind them
serving       the web in this process, from start to SIGTERM; cli: the command
surroundings  what the places need: commands, reads, attachments, settings
settings      the web as the environment names it
doorway       what every request passes: correlation, headers, one log line
bodies        reading a request's body within a limit
language      the three languages: choosing one, its sentences, its numbers and times
markup        what Telegram shows as bold, italic or a link, on a page
pages         templates, error pages
intake        send a photo; the lists of receipts
browsers      each is a shopper of its own, known by a cookie
origins       whose page sent a form
receipts      the page of one receipt, its data, its picture
story         how a receipt's facts are told on its page (no I/O)
live          news of receipts while one watches
chat          a shopper's chat as a phone would show it
webhooks      Portmone calls back
deliveries    copies of one callback are recorded together
refusals      callbacks that were refused: counted, told once a minute
health        is the process alive, is it ready
metrics       numbers for Prometheus, from the database
budget        what this Kyiv day may cost and has cost so far
console/      what staff see

texts/ holds every sentence in uk, ru and en; templates/ and static/ hold the look.
"""
