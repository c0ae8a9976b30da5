-- A publishable key asks ten times a second for each address, not as a server does. No form could set another rate before.
update api_key set rate = 10, burst = 10 where kind = 'publishable' and rate = 500 and burst = 2000;
comment on column api_key.rate is 'Requests a second it may make for long, a publishable key from each address; burst is how many at once after a pause. Counted by each process.';
