"""What staff see: signed in by a link from the bot, without which nothing is shown.

entrance  the page of the link, signing in and out
sessions  who is signed in, by which cookie
desk      the first page: how money, receipts and reviews stand
standing  the numbers on it
"""
