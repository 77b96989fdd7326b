"""Teaches ``handlers/reading/pixels/transcriber.onnx`` to read lines of print: ``make teach``.

Lines are made as the reader cuts them out of photos: printed in many faces, worn, seen by a
camera, evenly lit and warped to one height. Nothing is learnt from anybody's photo, and no
name of the half of goods on which the reader is reported.

__main__    the command: teach, tell how well, write the network
signs       which signs the network knows, and one spelling for letters that look the same
texts       what the lines say
words       words of dictionaries and of the known goods
faces       fonts: those of ``tests/receipts`` but for some kept apart, and many others
strips      a text -> the cut that the reader sees
network     the network and its loss, in PyTorch
"""
