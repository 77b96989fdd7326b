"""The log: facts, their order, and what is needed to read and to trust them.

catalogue     every fact, in the order of a receipt's life
identity      ids, stream names, the identity of a receipt
codec         fact <-> stored text; upcasts of old shapes; the leaf hash
store         append and read
ledger        seal: give committed facts their dense order and say so
subscription  one listening connection; follow the ledger
worklist      work made from the ledger: leases, fencing, parking
attachments   photos and other bytes too heavy for a fact
vault         per-person keys; sealing of personal data
pool          connections with their time-outs
migrate       the schema, by yoyo
embedded      a Postgres of our own when none is named
sql           named statements
errors        what can go wrong here
cli           `events` and `work`
"""
