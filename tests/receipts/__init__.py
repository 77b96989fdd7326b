"""Photos of made-up receipts with their truth, and how well they are read: ``make eval``.

__main__    the command: evaluate, or draw photos into a folder
goods       what is sold: Darnitsa's, look-alikes, the rest; two disjoint halves
shelves     the invented goods, shops, streets and adverts
names       how a register prints a name: dose, pack, maker, cut
sales       one sale with its truth and its traps
lines       a printed line and what it shows
layouts     hardware registers
layouts_b   program registers: the tax service's text, vendors' programs, small shops
blocks      rows that many layouts share: heading, items, payment, taxes
payloads    what the QR says, in every form seen
fonts       the fonts of Debian packages, and how a head prints them
pixels      arrays by their element
paper       lines and codes on a strip of paper, with its wear
camera      the strip on a table as a phone sees it, at three levels
bends       how paper bends: curl, folds, crumples
screen      the same on a phone's screen, which is no receipt
surfaces    tables, cloths, hands, light
making      seed, number and level -> a photo and its labels
labels      the truth of one photo, as JSON lines
trials      each photo through the real reader and the real rules
scores      what trials come to: counts, shares, seconds (pure)
looks       a command: how far apart photos of one register's receipts look
report      scores as a table, for a terminal or as Markdown
sheet       photos that were misread, side by side
teaching    teaches the reader of lines on lines of such receipts
yardstick   the predecessor's way to read, rebuilt from its description
"""
