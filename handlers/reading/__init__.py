"""Eyes: from the bytes of a photo to the fields of a receipt.

decode      bytes that may be anything -> an upright picture, or the reason why not
payload     what the QR of a fiscal receipt says (pure)
codes       QR symbols of a picture
light       where the paper is, what is ink, how sharp it is
prepare     the flat, straight, evenly lit page inside a picture
page        words of a page, by Tesseract
digits      a second look at the numbers when they do not add up
rows        words -> printed rows, by geometry
amounts     sums, dates and numbers inside a row (pure)
kinds       what a row is: header, item, total, tax, payment, footer (pure)
items       rows -> sold items (pure)
fields      rows -> header and totals (pure)
sums        what the lines come to, and which costs a total proves (pure)
fuse        QR, text and arithmetic -> one reading with its sources (pure)
sight       a picture turned upright and the words seen on it
meaning     what the words mean, read as often as it pays
pipeline    all of the above for one photo
child       the process that runs the pipeline and may be killed
protocol    what reader and child say to each other
reader      ``ports.Reader`` over such children, with a hard time limit
command     ``read --json``: one answer per photo file
specimens   sample receipts for the demo, drawn by ``layouts``, ``drawing`` and ``camera``
"""
