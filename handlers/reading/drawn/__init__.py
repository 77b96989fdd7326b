"""Draws sample receipts.

layouts     what is printed
drawing     ink on paper
camera      the paper on a table, as a phone sees it
"""
