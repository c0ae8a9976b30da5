-- How many entries stand on each list, and how many of them have ended, is counted in the index alone.
create index list_entry_standing on list_entry (site_id, list_id, expires_at) where valid_to is null;
