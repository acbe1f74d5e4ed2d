-- One row in every table that the first migration of this schema makes.
insert into registration.archive ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence", "headers",
    "payload", "partition", "offset") values (current_date, 1, '6513270e-269e-4d37-b2a7-4de452e6b438', 'topic',
    'type', 'd23f0824-128b-4f33-8c5c-7fd0a6a3a450', 1, '{}', '\x7b7d', 1, 1);
insert into registration.archive_restricted ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence",
    "headers", "payload", "partition", "offset") values (current_date, 1, '9531985d-5d9d-49f8-9818-e811892f902b',
    'topic', 'type', '36f675cc-81e7-4ef5-a8e2-5d940ed90475', 1, '{}', '\x7b7d', 1, 1);
insert into registration.asked ("invitation_id", "member_id", "survey_id", "answered_at") values
    ('6b0d549b-6f03-475a-9600-a35a099950d8', '8d116ece-1738-47d9-bd9c-172411e20b8f',
    '90c192cf-d3ac-44af-8f21-ddb66cad4a26', '2026-11-23T12:00Z');
insert into registration.audit_entry ("id", "at", "actor", "actor_name", "action", "subject", "detail") values
    ('a170b338-3926-4059-b28c-105d1fb17c23', '2026-11-23T12:00Z', 'actor', 'actor_name', 'action', 'subject', '{}');
insert into registration.channel ("code", "name", "made_at") values ('code', 'name', '2026-11-23T12:00Z');
insert into registration.dead_letter ("id", "state", "reason", "handler", "event_id", "type", "topic", "partition",
    "offset", "subject", "sequence", "headers", "payload", "received_at", "decided_at") values
    ('0fd630f1-f29d-4da9-953f-48f1a09f76b5', 'dead', 'reason', 'handler', '0cb1e29c-658c-4a14-95e6-0af593bd04cf',
    'type', 'topic', 1, 1, '8e81973e-0bec-47b0-b898-d190f9ebdacc', 1, '{}', '\x7b7d', '2026-11-23T12:00Z',
    '2026-11-23T12:00Z');
insert into registration.drawn ("entry_id", "member_id", "meeting_id", "chance", "drawn") values
    ('6b4cb242-4a23-4596-a217-beaddbc496cb', '92276658-1e27-41c0-8a6a-63ec24ede6a4',
    'ae97ba94-d0ed-482f-8f6d-05584ef8aa38', 0.5, true);
insert into registration.ended_staff_session ("session_id", "ended_at") values
    ('923a7369-94e3-4f91-9a61-dbe22e44158b', '2026-11-23T12:00Z');
insert into registration.erasure_receipt ("member_id", "service", "erased_at") values
    ('18f135d2-5f55-4203-b018-50c5a38fd547', 'service', '2026-11-23T12:00Z');
insert into registration.follow_up ("id", "about_id", "done", "done_on") values
    ('907a70c3-1012-4037-b64c-e4228c38fb29', '7f150524-34b9-45df-9e77-69b10f4205b4', '{}', 'done_on');
insert into registration.inbox ("handler", "event_id", "received_at") values ('handler',
    'c6f87718-6d76-407e-881e-d162ae2eb154', '2026-11-23T12:00Z');
insert into registration.margins ("id", "year", "bands", "margins", "area_margins") values
    ('ec66a787-95e7-41d1-b731-af10506bf2ef', 2026, '{}', '{}', '{}');
insert into registration.meeting ("id", "slug", "heading", "starts_at") values
    ('3f98e277-4cbd-47ad-9c90-a9587403e430', 'slug', 'heading', '2026-12-10T18:00Z');
insert into registration.member ("id", "status", "name", "email", "email_key", "year_of_birth", "gender", "area",
    "declared_resident_at", "language", "source", "generation", "opened_generation", "signed_up_at", "joined_at",
    "erased_at", "channel", "unreachable_since") values ('c7a2ea20-b2f1-4c94-ae05-319acb5c7427', 'active', 'name',
    'email', 'email_key', 1980, 'female', 'area', '2026-11-23T12:00Z', 'nb', 'source', 1, 1, '2026-11-23T12:00Z',
    '2026-11-23T12:00Z', '2026-11-23T12:00Z', 'channel', '2026-11-23T12:00Z');
insert into registration.outbox ("event_id", "topic", "type", "subject", "sequence", "headers", "payload",
    "restricted", "created_at") values ('4cdd2055-930d-4eaf-94f4-733f3e7d1bfb', 'topic', 'type',
    '57ee05cd-e009-42c7-bebf-f20686734721', 1, '{}', '\x7b7d', true, '2026-11-23T12:00Z');
insert into registration.panel ("id", "size") values (1, 200);
insert into registration.published_result ("survey_id", "slug", "heading", "finding", "published_at") values
    ('9be4bcfc-49b6-4a08-b2e6-cc3ababced20', 'slug', '{}', '{}', '2026-11-23T12:00Z');
insert into registration.relay_position ("topic", "partition", "acknowledged", "emptied_at") values ('topic', 1, 1,
    '2026-11-23T12:00Z');
insert into registration.sign_up ("member_id", "generation", "name", "email", "year_of_birth", "gender", "area",
    "declared_resident", "language", "purposes", "text_version", "channel", "signed_up_at") values
    ('c7a2ea20-b2f1-4c94-ae05-319acb5c7427', 1, 'name', 'email', 1980, 'female', 'area', true, 'nb', '{a}',
    'text_version', 'channel', '2026-11-23T12:00Z');
insert into registration.subject ("id", "sequence") values ('830e07bc-1e39-4f10-92bd-4acefaecbd38', 1);
insert into registration.subject_seen ("handler", "topic", "subject", "sequence") values ('handler', 'topic',
    '5790f82e-c1d3-4cff-aa3a-f4d46b0a18e8', 1);
insert into registration.survey ("id", "title", "closes_at") values ('6bf46c69-7d2c-4f82-aeea-cbe226e87555', '{}',
    '2026-11-23T12:00Z');
insert into registration.threshold ("id", "size", "role", "reached_at") values
    ('13deef86-ab10-41d0-b646-e1f40a097c97', 200, 'role', '2026-11-23T12:00Z');
insert into registration.address_change ("id", "member_id", "email", "asked_at") values
    ('ca02135e-92b1-43f2-8ede-0d7ac3baea9e', 'c7a2ea20-b2f1-4c94-ae05-319acb5c7427', 'email', '2026-11-23T12:00Z');
insert into registration.consent ("id", "member_id", "purpose", "text_version", "language", "source", "given_at",
    "withdrawn_at") values ('57124242-5051-41cc-917f-9acae01f5057', 'c7a2ea20-b2f1-4c94-ae05-319acb5c7427', 'purpose',
    'text_version', 'nb', 'source', '2026-11-23T12:00Z', '2026-11-23T12:00Z');
