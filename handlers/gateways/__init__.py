"""The world of money, and a stand-in for it.

portmone           tops up phones over PortmoneDirect
answers            Portmone's XML, read with suspicion
sandbox            a bank of our own that speaks the same protocol and moves no money
sandbox_book       what that bank did, kept in a file
sandbox_answers    that bank's XML
sandbox_script     how a test makes it misbehave
sandbox_desk       the book read and the script given, over HTTP
sandbox_callbacks  that bank tells the shop how bills end
"""
