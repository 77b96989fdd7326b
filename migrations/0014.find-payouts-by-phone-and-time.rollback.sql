DROP INDEX payouts_by_attempt;
DROP INDEX payouts_to_a_phone;
