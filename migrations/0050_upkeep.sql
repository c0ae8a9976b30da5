-- Used and expired tokens are deleted by the hourly upkeep job.
grant delete on mailed_token to gatehouse_app;
