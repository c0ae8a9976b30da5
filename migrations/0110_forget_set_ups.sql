-- A second factor that was begun and never finished is no factor: its secret or number is forgotten with it.
grant delete on second_factor to gatehouse_app;
comment on table second_factor is 'What a person proves with besides the password. Counts only between activated_at (its first valid code) and ended_at. What was never activated is deleted a day after it was begun.';
comment on column second_factor.secret_sealed is 'The authenticator''s secret under a key of its own, with the key''s place; never shown again after enrolment, and another set-up gets another secret.';
