"""Telegram on loopback for the real client: MTProto, a bot's methods, and people who use it.

server       the server: start, outages, keys taken away, what was called
people       a shopper: says, sends, presses, sees
screens      what a person sees of the bot
telegram     messages and the order of all changes (pts)
files        photos and files, both ways
methods      methods about messages
account      methods about everything else
refusals     what Telegram refuses in texts and buttons
connections  one client's connection
sessions     keys, sessions, acknowledgements, salts
envelopes    encryption under a key (MTProto 2.0)
handshake    how a key is agreed on
framing      packets on TCP
keys         the server's RSA key
tl           the type language
pointing     makes the client of this process connect here
product      the product as a process that connects here
processes    starts such processes
clients      bots on the real library, for the tests here
handmade     a client that shares no code with the library
"""
