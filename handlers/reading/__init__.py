"""Eyes: from the bytes of a photo to the fields of a receipt.

Pixels
    decode      bytes that may be anything -> an upright picture, or the reason why not
    codes       QR symbols of a picture; ``uncurl`` lays a bent one flat
    models      the networks in pinned wheels; ``detector`` finds print, ``recogniser`` reads digits
    boxes       boxes around print and the frames they are seen in
    upright     which way print runs and which of it is the receipt
    lines       boxes -> printed rows, along the slope of the paper
    light       paper made white, ink made dark
    sight       all this for one photo: a level crop and its rows
    clean_page  the rows laid straight on one white page
    page        the words of that page, by Tesseract
    digits      a second reading of the figures that matter
    rows        printed rows as two readers read them
    faults      why a photo cannot be read

Meaning (pure)
    payload     what the QR of a fiscal receipt says
    amounts, figures, dates, wording, printed
                sums, numbers, days and words inside a row
    kinds       what a row is: header, item, total, tax, payment, footer
    zones       which rows are items; ``gatherer`` and ``items`` make lines of them, ``sold`` is one
    totals, moments, numbers, documents, fields
                what the rows state of each field
    votes       the weight of what is stated
    sums        what the lines come to, and which costs a total proves
    fuse        QR, both readings and the sums -> one reading with sources and confidences
    meaning     rows read as often as it pays, and what they mean

One photo
    pipeline    all of the above
    child       the process that runs the pipeline and may be killed
    protocol    what reader and child say to each other
    reader      ``ports.Reader`` over such children, with a hard time limit
    command     ``read --json``: one answer per photo file
    specimens   sample receipts for the demo, drawn by ``layouts``, ``drawing`` and ``camera``
"""
