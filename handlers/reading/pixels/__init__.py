"""What stands on a photo.

decode      bytes that may be anything -> an upright picture, or the reason why not
marks       what the file says besides its pixels: a program changed it
codes       QR symbols of a picture; ``uncurl`` lays a bent one flat
models      the networks of pinned wheels, and ours
detector    where print is
boxes       boxes around print and the frames they are seen in
upright     which way print runs and which of it is the receipt
lines       boxes -> printed rows, along the slope of the paper
light       paper made white, ink made dark
first_look  print on a whole photo; ``sight`` looks closer: a level crop and its rows
look        how the rows of a paper look, to be found again on another photo

Readers of rows
    transcriber  our network: every row; ``signs`` it knows, ``transcriber.onnx`` what it learnt
    digits       a second reading of the figures that matter, by ``recogniser``
    page         Tesseract, on a ``clean_page`` of rows laid straight
"""
