-- Mails that wait carry links and codes that open doors: their payloads are sealed. What was ordered before is still read.
comment on column job.payload is 'What the job needs. What may carry links or codes is sealed at the job''s id, with the key''s place; deleted with the job; never shown on a page.';
