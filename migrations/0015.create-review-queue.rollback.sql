DROP INDEX steps_of_referrals;
DROP TABLE review_queue;
