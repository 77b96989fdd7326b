"""Darnitsa's goods, and whether a printed line is one of them.

products        the list, and what of it earns on a day
product_list    the list as its facts tell it
product_changes what an import changes
product_files   marketing's file of goods, understood as a whole or not at all
matching        whether a printed line is one of them, and why
identifying     which of them it may be
maker_word      the word «Дарниця», whole, worn, cut or torn
other_makers    makers that are not Darnitsa
vocabulary      known names, found whatever slips they carry
forms           words that say in what form a good is sold
letters         look-alike letters folded, slips counted
barcodes        what a printed barcode adds to a name
sold            which goods the items are, and how much of each
explaining      why a line matches or not, in words
products_cli    `products import`, `list`, `retire`, `explain`
"""
