"""Shoppers: what they send, what is held about them, and forgetting it; and who is staff.

shopper_wishes  what they agree to and share, and that they want to be forgotten
chat_wishes  what they say in Telegram
upload_wishes  a photo that they send
standing     what a shopper's own stream says now
photos       what kind of file a photo is
uploads      a photo that came in becomes facts
staff_wishes links that sign staff in, once, and the browsers that are signed in
mentions     whose a callback, a booking, a bill or a claim is
person       everything held about one person, opened
under_way    what must be finished before anything is destroyed
certificates tombstone and certificate of a forgetting
shoppers_cli `shoppers forget`, `shoppers export`
"""
