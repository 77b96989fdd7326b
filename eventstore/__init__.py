"""The log: facts, their order, and what is needed to read and to trust them.

catalogue     every fact, in the order of a receipt's life
identity      ids, stream names, the identity of a receipt
codec         fact <-> stored text; upcasts of old shapes; the leaf hash
claims        the streams that keep a receipt from being granted twice
store         append and read
doubt         ask the database again until it gives a sure answer
cluster        which database the log lives in, and whether its newest facts may be gone
ledger        seal: give committed facts their dense order and say so
subscription  one listening connection; follow the ledger
moments       a seq, or a time and what was sealed by then
worklist      work made from the ledger: leases, fencing
verdicts      what an examination can end with, and its exit codes
chain         the ledger as an examiner follows it: tree, streams, checkpoints
verify_log    examine the log in its database
copies        compare its checkpoints with their copies
exported      the format of an export
export        write one, whole or not at all
parquet       the same for analysts
verify_export  examine an export without a database
diagnosis     why a line of it is not the one expected
importing     put one into an empty database
signers       whose checkpoints a database believes
proofs        prove one fact with one file
proving_cli   `events export`, `verify`, `proof`, `import`
verdict_table  a verdict as a table or as JSON
pace          how far a long command is
parking       work set aside, and what an operator does about it
attachments   photos and other bytes too heavy for a fact, in a folder
attachments_s3  the same in an S3-compatible store
vault         per-person keys; sealing of personal data
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
cli           `events` and `work`
"""
