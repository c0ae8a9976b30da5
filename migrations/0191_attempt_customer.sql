-- Decisions are looked for by customer as they are by e-mail, address and card.
create index attempt_customer on attempt (site_id, customer_key, id) where customer_key is not null;
