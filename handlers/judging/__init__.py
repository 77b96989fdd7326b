"""What becomes of a receipt, by rules or by a person's word.

policy        the numbers it goes by: today's, or a file's
terms         policy and list of goods as the log has them now
circumstances what the log knows besides the receipt itself
looks         how far apart two receipts look
receipt_steps what a receipt's own stream says
decisions     pure: accepted, refused, or a matter for a person
reviewing     what people do to receipts
review_items  what a reviewer types, understood
review_page   all that a reviewer needs to see
what_if       history decided again by another policy, in memory alone
would_be      the log as it would be then
otherwise     how decisions differ, and the sum of it
policy_cli    `policy show`, `policy adopt`
review_cli    `review take`, `show`, `correct`, `approve`, `reject`; `receipts override`
what_if_cli   `receipts what-if`
"""
