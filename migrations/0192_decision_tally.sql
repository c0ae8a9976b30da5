-- Reports read sums instead of a month of decisions. An hourly job adds the quarters that are over.
create table decision_tally (
  site_id uuid not null,
  quarter bigint not null,
  settled_by text not null,
  approved bigint not null,
  challenged bigint not null,
  refused bigint not null,
  shadow bigint not null,
  primary key (site_id, quarter, settled_by)
);
comment on table decision_tally is 'Decisions by the quarter of an hour and by what settled them. Can be rebuilt from decision.';
comment on column decision_tally.quarter is 'Quarters of an hour since 1970.';
comment on column decision_tally.settled_by is 'The check; empty for approvals.';
comment on column decision_tally.shadow is 'Decisions that a check in shadow would have made stronger.';
call tenant_table('decision_tally', 'select, insert, delete');

create table decision_tallied (
  site_id uuid primary key,
  begins bigint not null,
  ends bigint not null
);
comment on table decision_tallied is 'Which quarters of a site stand in decision_tally, those without a decision included: from the first to before the second. A site without a row has none.';
call tenant_table('decision_tallied', 'select, insert, update, delete');
