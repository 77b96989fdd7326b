"""Eyes: from the bytes of a photo to the fields of a receipt.

pixels        what stands on a photo: QR symbols, rows of print, their words
meaning       what QR and rows say, and what of it is believed (pure)
rows          a printed row, as two readers read it: all that pixels tell meaning

One photo
    pipeline       pixels, then meaning: a reading, or the reason why there is none
    understanding  rows read as often as it pays, and what they mean
    faults         why a photo cannot be read
    child          the process that runs the pipeline and may be killed
    protocol       what reader and child say to each other
    reader         ``ports.Reader`` over such children, with a hard time limit
    command        ``read --json``: one answer per photo file

specimens     sample receipts for the demo; ``drawn`` draws them
"""
