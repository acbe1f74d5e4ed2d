-- One row in every table that the first migration of this schema makes.
insert into meetings.archive ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence", "headers",
    "payload", "partition", "offset") values (current_date, 1, '80b0c08b-c770-4420-8aa4-248c8857f9a4', 'topic',
    'type', '9cfc8652-3919-4242-a2ed-dbbd5464ecc2', 1, '{}', '\x7b7d', 1, 1);
insert into meetings.archive_restricted ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence",
    "headers", "payload", "partition", "offset") values (current_date, 1, 'c2216b02-fc24-4d0b-89d4-88b1cfbf3360',
    'topic', 'type', '3d4882a5-ce5b-4a92-b1f5-1707da45e18a', 1, '{}', '\x7b7d', 1, 1);
insert into meetings.audit_entry ("id", "at", "actor", "actor_name", "action", "subject", "detail") values
    ('cda6c6fd-bd68-4167-a693-4036d17e4497', '2026-11-23T12:00Z', 'actor', 'actor_name', 'action', 'subject', '{}');
insert into meetings.dead_letter ("id", "state", "reason", "handler", "event_id", "type", "topic", "partition",
    "offset", "subject", "sequence", "headers", "payload", "received_at", "decided_at") values
    ('7e26f36a-8483-48b8-b32d-d3313a0b9965', 'dead', 'reason', 'handler', 'fd56a926-076b-4e36-bb23-13f55b06258e',
    'type', 'topic', 1, 1, '78e4b98d-4787-493b-8a44-eb860726e25c', 1, '{}', '\x7b7d', '2026-11-23T12:00Z',
    '2026-11-23T12:00Z');
insert into meetings.ended_staff_session ("session_id", "ended_at") values ('9aea6429-b149-4e24-b192-b70442594052',
    '2026-11-23T12:00Z');
insert into meetings.follow_up ("id", "meeting_id", "done", "done_on") values ('cefe2a1f-727d-4349-9822-cb77f4de2c08',
    '597a1ecf-fcf0-4fec-b91e-e9e5efe09f07', '{}', 'done_on');
insert into meetings.inbox ("handler", "event_id", "received_at") values ('handler',
    '149e259b-5d58-4705-b979-d04af47aebdd', '2026-11-23T12:00Z');
insert into meetings.margins ("id", "year", "bands", "population") values ('78572976-3a12-417c-9a26-f88938703800',
    2026, '{}', '{}');
insert into meetings.meeting ("id", "slug", "state", "heading", "purpose", "agenda", "place", "served", "starts_at",
    "ends_at", "seats", "reply_by", "stop_hours", "version", "seed", "quotas", "by_hand", "bands", "draw_id",
    "drawn_at", "method", "protocol", "attended", "held_at", "minutes", "minuted_at", "cancelled_at", "announced_at")
    values ('7b8f2ab5-3451-4013-9675-f6ad325b55dd', 'slug', 'announced', 'heading', 'purpose', 'agenda', 'place',
    'served', '2026-12-10T18:00Z', '2026-12-10T20:00Z', 1, '2026-12-01T00:00Z', 1, 1, 'seed', '{}', true, '{a}',
    '9c3a23cd-e67a-4b75-bc39-47249fc2d0a1', '2026-11-23T12:00Z', 'method', '{}', 1, '2026-11-23T12:00Z', 'minutes',
    '2026-11-23T12:00Z', '2026-11-23T12:00Z', '2026-11-23T12:00Z');
insert into meetings.member ("id", "erased", "status", "year_of_birth", "gender", "purposes") values
    ('e8c14743-7abe-4539-807d-1034d726c86b', true, 'active', 1980, 'female', '{a}');
insert into meetings.outbox ("event_id", "topic", "type", "subject", "sequence", "headers", "payload", "restricted",
    "created_at") values ('a4a45eff-ccb5-43d9-9810-d60ea72991b9', 'topic', 'type',
    '1eb20109-a91c-4439-95ab-8b4d15b40aeb', 1, '{}', '\x7b7d', true, '2026-11-23T12:00Z');
insert into meetings.relay_position ("topic", "partition", "acknowledged", "emptied_at") values ('topic', 1, 1,
    '2026-11-23T12:00Z');
insert into meetings.subject ("id", "sequence") values ('b6246771-c845-4070-a377-1407e8e72789', 1);
insert into meetings.subject_seen ("handler", "topic", "subject", "sequence") values ('handler', 'topic',
    'e39639be-7a60-4a91-b306-98a1c0093492', 1);
insert into meetings.draw_entry ("id", "meeting_id", "member_id", "gender", "band", "chance", "drawn") values
    ('a2c68e45-ca04-479f-af15-b6ad2db3997f', '7b8f2ab5-3451-4013-9675-f6ad325b55dd',
    'f237e45a-cd02-45e1-9635-3d03551fd8f9', 'female', 'band', 0.5, true);
insert into meetings.invitation ("id", "meeting_id", "member_id", "state", "gender", "band", "code", "generation",
    "replaces", "reply_by", "invited_at", "settled_at", "reminded_at", "attended", "needs") values
    ('7691b06f-6555-4bfe-b8c9-817af8be8831', '7b8f2ab5-3451-4013-9675-f6ad325b55dd',
    '15bd448f-f261-49ed-be4c-5ce666c1494e', 'accepted', 'female', 'band', 'code', 1,
    'fe3c9c8f-2b85-4c1f-a8aa-ca51b98c67c2', '2026-12-01T00:00Z', '2026-11-23T12:00Z', '2026-11-23T12:00Z',
    '2026-11-23T12:00Z', true, '{a}');
insert into meetings.notice ("id", "invitation_id", "follow_up_id") values ('973f7986-26b1-4ffc-870d-710920859634',
    '7691b06f-6555-4bfe-b8c9-817af8be8831', 'a7e6529b-ce76-49f4-b721-6e9ee7a46309');
