"""What QR and rows say, and what of it is believed. Pure.

payload     what the QR of a fiscal receipt says
amounts, figures, dates, wording, printed
            sums, numbers, days and words inside a row
kinds       what a row is: header, item, total, tax, payment, footer
zones       which rows are items; ``gatherer`` and ``items`` make lines of them, ``sold`` is one
totals, moments, numbers, documents, fields
            what the rows state of each field
votes       the weight of what is stated
legibility  how well figures can be read at all
sums        what the lines come to, and which costs a total proves
fuse        QR, both readings and the sums -> one reading with sources and confidences
"""
