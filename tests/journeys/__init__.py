"""From one end of the product to the other, as its people walk it.

telegram    the whole way of one shopper in Telegram, and the processes it needs
kept        what the log and the bank hold of it, against what was seen
__main__    the command: many such walks, one core kept busy
"""
