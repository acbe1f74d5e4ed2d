-- One row in every table that the first migration of this schema makes.
insert into results.answer ("id", "survey_id", "strata", "answers") values ('988af3fb-d396-40d6-9c90-11ef256badf9',
    'effddeea-a842-4c19-b96f-74adfaf55496', '{}', '{}');
insert into results.archive ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence", "headers",
    "payload", "partition", "offset") values (current_date, 1, '8c5c715f-8c74-4c1e-a7e9-e06f59b44e92', 'topic',
    'type', 'cca2a92b-03a5-4cc1-857a-40b22188287e', 1, '{}', '\x7b7d', 1, 1);
insert into results.archive_restricted ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence",
    "headers", "payload", "partition", "offset") values (current_date, 1, '1a4f44f9-a651-4445-b9f3-635cf88c422b',
    'topic', 'type', '23a5ef88-ef02-490b-bfde-fc1586ce03f9', 1, '{}', '\x7b7d', 1, 1);
insert into results.audit_entry ("id", "at", "actor", "actor_name", "action", "subject", "detail") values
    ('31dec4f4-df2a-4b79-bc8e-80b36f0e2289', '2026-11-23T12:00Z', 'actor', 'actor_name', 'action', 'subject', '{}');
insert into results.dead_letter ("id", "state", "reason", "handler", "event_id", "type", "topic", "partition",
    "offset", "subject", "sequence", "headers", "payload", "received_at", "decided_at") values
    ('072a98d2-3606-4efc-9fb8-5c0dd37ee915', 'dead', 'reason', 'handler', '804c25d6-4aff-4cd1-b678-bc8d40783f0a',
    'type', 'topic', 1, 1, '53740902-9620-4f0d-8380-84a03d93fd4c', 1, '{}', '\x7b7d', '2026-11-23T12:00Z',
    '2026-11-23T12:00Z');
insert into results.ended_staff_session ("session_id", "ended_at") values ('d58dcdb4-6b44-4806-8b5a-b3ee4265bb31',
    '2026-11-23T12:00Z');
insert into results.follow_up ("id", "about", "about_id", "slug", "done", "done_on", "link", "recorded_at") values
    ('bd6b881a-e8f6-40bd-8f97-7044218e0b7b', 'about', 'a997f351-754a-49cd-a5cf-edfa5a9196f0', 'slug', '{}',
    '2026-11-23', 'link', '2026-11-23T12:00Z');
insert into results.inbox ("handler", "event_id", "received_at") values ('handler',
    '844a7034-e77f-4e48-90a6-ec179556585e', '2026-11-23T12:00Z');
insert into results.meeting ("id", "slug", "heading", "starts_at", "status", "attended", "minutes_at") values
    ('e0cfab4c-eaef-44d2-93bf-6d016bae4b5b', 'slug', 'heading', '2026-12-10T18:00Z', 'active', 1,
    '2026-11-23T12:00Z');
insert into results.outbox ("event_id", "topic", "type", "subject", "sequence", "headers", "payload", "restricted",
    "created_at") values ('26debfdb-8825-4e56-a179-b37d806c10b5', 'topic', 'type',
    'df703017-04c9-478d-82b3-359986048719', 1, '{}', '\x7b7d', true, '2026-11-23T12:00Z');
insert into results.population ("id", "year", "bands", "margins") values ('9bca3cb7-2ee0-489d-86c9-1b9270ac06ac',
    2026, '{}', '{}');
insert into results.relay_position ("topic", "partition", "acknowledged", "emptied_at") values ('topic', 1, 1,
    '2026-11-23T12:00Z');
insert into results.subject ("id", "sequence") values ('265974a7-cc96-4f46-86aa-7d550101b811', 1);
insert into results.subject_seen ("handler", "topic", "subject", "sequence") values ('handler', 'topic',
    '9e7d6b37-7936-4536-a43d-35702c1eea1f', 1);
insert into results.suggestion ("id", "channel", "language", "heading", "text", "place", "why", "wants_answer",
    "attachments_refused", "registered_at", "state", "public_heading", "public_text", "slug", "forwarded_to",
    "merged_into", "answer", "answered_at", "generation") values ('0fcf31ca-8e75-4fdf-9ece-615db9a6442e', 'channel',
    'nb', 'heading', 'text', 'place', 'why', true, 1, '2026-11-23T12:00Z', 'new', 'public_heading', 'public_text',
    'slug', 'forwarded_to', '87ddaeb7-84b2-4054-aead-44b0537390e5', 'answer', '2026-11-23T12:00Z', 1);
insert into results.survey ("id", "questionnaire", "opened_at", "closes_at", "closed_at", "invited", "answered",
    "released", "strata") values ('c6c80e2b-c8c6-44b2-bb84-44d18e317041', '{}', '2026-11-23T12:00Z',
    '2026-11-23T12:00Z', '2026-11-23T12:00Z', 1, 1, 1, '{}');
insert into results.publication ("survey_id", "slug", "finding", "counted", "participants", "arrived", "published_at")
    values ('c6c80e2b-c8c6-44b2-bb84-44d18e317041', 'slug', '{}', '{}', '{}', 1, '2026-11-23T12:00Z');
