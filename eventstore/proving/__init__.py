"""Proofs: that nothing was added, dropped or changed, with the database or without it.

merkle        the tree of RFC 6962, grown as a compact range
notes         signed checkpoints and the keys that sign and open them
checkpoints   sign the ledger's root while it grows; copy each out of the database
signers       whose checkpoints a database believes
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
proofs        prove one fact with one file
verdict_table  a verdict as a table or as JSON
cli           `events export`, `verify`, `proof`, `import`
"""
