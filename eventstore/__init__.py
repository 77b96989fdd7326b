"""The log: facts, their order, and what is needed to read and to trust them.

catalogue     every fact, in the order of a receipt's life
identity      ids, stream names, the identity of a receipt
codec         fact <-> stored text; upcasts of old shapes; the leaf hash
shapes        older shapes of facts, read as today's
claims        the streams that keep a receipt from being granted twice
policy        the numbers money is granted by, as a fact keeps them
store         append and read
appending     appends of one moment share a transaction
doubt         ask the database again until it gives a sure answer
cluster        which database the log lives in, and whether its newest facts may be gone
ledger        seal: give committed facts their dense order and say so
subscription  one listening connection; follow the ledger
moments       a seq, or a time and what was sealed by then
worklist      work made from the ledger: leases, fencing
worker        runs one handler over its work: leases, time limits, retries
proving/      checkpoints, exports, examinations: all about trusting the log
ripening      work made of facts only once they are old
parking       work set aside, and what an operator does about it
reasons       why a person did something, without anybody's number
attachments   photos and other bytes too heavy for a fact, in a folder
attachments_s3  the same in an S3-compatible store
vault         per-person keys; sealing of personal data
keyring       ENCRYPTION_SECRET and the earlier ones, which wrap those keys
rotation      every key wrapped anew by another secret
tombstones    whose key was destroyed for good, whatever backup comes back
payments      payouts by phone, and by when they were asked for
holding       what holds money and words back by now
people        what the log knows about one shopper; a photo before a forgetting or not
corrections   what was read, as people corrected it since
chats         with whom we speak in Telegram, and how far they have come
daytime       when people may be disturbed unasked
vault_cli     `vault rotate`, `vault status`
troubles      a database that cannot be used, in one line
pool          connections with their time-outs
migrate       the schema, by yoyo
embedded      a Postgres of our own when none is named
embedded_place  where it lives, and as which user
log           all of this, opened for a process
settings      the log as the environment names it
process       log lines, signals, services until stopped
showing       progress, money and foreign words on a terminal
sql           named statements
errors        what can go wrong here
groups        the nouns of the command line
cli           `events` and `work`
"""
