"""The web over real HTTP: every test starts a server on a free port and asks it."""
