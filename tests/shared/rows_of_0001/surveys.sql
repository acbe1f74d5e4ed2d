-- One row in every table that the first migration of this schema makes.
insert into surveys.archive ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence", "headers",
    "payload", "partition", "offset") values (current_date, 1, '7f26144b-9828-4fcd-99a5-4a7bb1fee08f', 'topic',
    'type', '119a72d1-74c9-4f6a-8c01-1cdd9474031b', 1, '{}', '\x7b7d', 1, 1);
insert into surveys.archive_restricted ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence",
    "headers", "payload", "partition", "offset") values (current_date, 1, '451abd81-f1d6-4ed6-97f5-e837d70820fe',
    'topic', 'type', '10a3d6b2-aa05-411a-b271-5945795e8229', 1, '{}', '\x7b7d', 1, 1);
insert into surveys.audit_entry ("id", "at", "actor", "actor_name", "action", "subject", "detail") values
    ('4f426dcb-b394-4b36-bb2d-420f0f88080b', '2026-11-23T12:00Z', 'actor', 'actor_name', 'action', 'subject', '{}');
insert into surveys.dead_letter ("id", "state", "reason", "handler", "event_id", "type", "topic", "partition",
    "offset", "subject", "sequence", "headers", "payload", "received_at", "decided_at") values
    ('ae658f33-fe3b-490b-93f4-48b3a5aa3c81', 'dead', 'reason', 'handler', 'b774eb52-48db-40af-b215-8370d269a9a5',
    'type', 'topic', 1, 1, '58d5563d-ab2c-431e-a315-128862c33a4f', 1, '{}', '\x7b7d', '2026-11-23T12:00Z',
    '2026-11-23T12:00Z');
insert into surveys.ended_staff_session ("session_id", "ended_at") values ('5affb229-7631-4992-b0ce-583505c6af07',
    '2026-11-23T12:00Z');
insert into surveys.erased_member ("id", "erased_at") values ('7e62aa0a-1df9-4d78-9c65-39382b0537e6',
    '2026-11-23T12:00Z');
insert into surveys.inbox ("handler", "event_id", "received_at") values ('handler',
    '49952399-c4aa-4ac1-b7dc-76fb0f17a300', '2026-11-23T12:00Z');
insert into surveys.margins ("id", "year", "bands") values ('65dc9f50-3f63-4f83-bd05-61e6211c70cf', 2026, '{}');
insert into surveys.member ("id", "year_of_birth", "gender", "purposes", "status", "joined_at") values
    ('7f1b103c-df15-42b0-aab4-77d26415479c', 1980, 'female', '{a}', 'active', '2026-11-23T12:00Z');
insert into surveys.outbox ("event_id", "topic", "type", "subject", "sequence", "headers", "payload", "restricted",
    "created_at") values ('66d22876-72fd-4202-aa96-fb1a14a0f9e7', 'topic', 'type',
    '230d977e-e225-4159-8720-771f8ca81811', 1, '{}', '\x7b7d', true, '2026-11-23T12:00Z');
insert into surveys.relay_position ("topic", "partition", "acknowledged", "emptied_at") values ('topic', 1, 1,
    '2026-11-23T12:00Z');
insert into surveys.subject ("id", "sequence") values ('8cdb305f-dd2e-4609-ae36-aab0d1bc52d9', 1);
insert into surveys.subject_seen ("handler", "topic", "subject", "sequence") values ('handler', 'topic',
    'fc891b4a-6a50-4f4d-b4d6-6a3a47469a4d', 1);
insert into surveys.survey ("id", "questionnaire_id", "version", "questionnaire", "state", "opens", "opens_at",
    "threshold_size", "opened_at", "closes_at", "reminder_at", "target_percent", "reminded", "remind_after",
    "inviting", "invite_after", "bands", "bands_year", "cell_minimum", "closed_at", "invited", "answered", "released",
    "result_slug", "planned_at", "planned_by") values ('616499c9-e25a-4605-aec6-f0245bd86d40', 'questionnaire_id', 1,
    '{}', 'closed', 'threshold', '2026-11-23T12:00Z', 200, '2026-11-23T12:00Z', '2026-11-23T12:00Z',
    '2026-11-23T12:00Z', 1, true, '153e7c2a-26a2-40bd-bb12-87fff52ddf5d', true,
    'a8948c89-3b61-4676-a6bb-7dbd2d1c9af0', '{}', 1, 1, '2026-11-23T12:00Z', 1, 1, 1, 'result_slug',
    '2026-11-23T12:00Z', 'planned_by');
insert into surveys.threshold ("id", "size", "role", "reached_at") values ('d4c28c2e-7c26-447f-8316-909e3bbbe9ea',
    200, 'role', '2026-11-23T12:00Z');
insert into surveys.invitation ("id", "survey_id", "member_id", "generation", "gender", "band", "invited_at",
    "answered_at", "reminded_at", "noticed_at") values ('482c9cbc-4343-4cc5-aeae-05cf96d0cc5f',
    '616499c9-e25a-4605-aec6-f0245bd86d40', '88daf401-6b40-43ef-a54b-0c4e010c4759', 1, 'female', 'band',
    '2026-11-23T12:00Z', '2026-11-23T12:00Z', '2026-11-23T12:00Z', '2026-11-23T12:00Z');
insert into surveys.response ("id", "survey_id", "sealed") values ('519088f5-90fb-4d11-9c1c-aaf75e8766ed',
    '616499c9-e25a-4605-aec6-f0245bd86d40', '\x7b7d');
insert into surveys.draft ("invitation_id", "sealed", "page") values ('482c9cbc-4343-4cc5-aeae-05cf96d0cc5f',
    '\x7b7d', 1);
insert into surveys.follow_up_notice ("id", "invitation_id", "follow_up_id") values
    ('dbf4a8b2-b0c4-412d-a020-3626f3fe39c0', '482c9cbc-4343-4cc5-aeae-05cf96d0cc5f',
    'a7abe1c2-9e1a-4ef4-b341-e07a83f73f16');
