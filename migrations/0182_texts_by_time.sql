-- All texts of a day are counted, whatever their site: the installation has a cap of its own.
create index text_message_created on text_message (created_at);
create index text_message_test on text_message (collaborator_id, created_at) where purpose = 'test';
