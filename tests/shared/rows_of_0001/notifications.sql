-- One row in every table that the first migration of this schema makes.
insert into notifications.archive ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence", "headers",
    "payload", "partition", "offset") values (current_date, 1, '74e69a5d-0dd2-4a65-bd62-8881ad1b72db', 'topic',
    'type', 'f3aed0b6-c7ac-4491-9ef8-8334e647cb8f', 1, '{}', '\x7b7d', 1, 1);
insert into notifications.archive_restricted ("archived_on", "id", "event_id", "topic", "type", "subject", "sequence",
    "headers", "payload", "partition", "offset") values (current_date, 1, '8f2c6ec8-cc41-49a3-ae3a-2b7fdfe01893',
    'topic', 'type', '64e50cad-6623-4a04-a5e7-e4236472f1a3', 1, '{}', '\x7b7d', 1, 1);
insert into notifications.audit_entry ("id", "at", "actor", "actor_name", "action", "subject", "detail") values
    ('66836886-a260-4d0b-bb45-145c1a81682c', '2026-11-23T12:00Z', 'actor', 'actor_name', 'action', 'subject', '{}');
insert into notifications.contact ("member_id", "name", "email", "language", "removed", "unreachable") values
    ('fc132d0d-113d-417d-b0cb-c97d0fef7928', 'name', 'email', 'nb', true, 'unreachable');
insert into notifications.correspondent ("suggestion_id", "email", "language", "in_reply_to", "by_mail", "created_at",
    "since", "answered_at") values ('1c2442f9-298c-43a5-b0cc-ec313571810a', 'email', 'nb', 'in_reply_to', true,
    '2026-11-23T12:00Z', '2026-11-23T12:00Z', '2026-11-23T12:00Z');
insert into notifications.dead_letter ("id", "state", "reason", "handler", "event_id", "type", "topic", "partition",
    "offset", "subject", "sequence", "headers", "payload", "received_at", "decided_at") values
    ('1a358ca0-0d75-485d-99c9-4309570dc195', 'dead', 'reason', 'handler', '895fd7b3-26b9-4c7f-9118-bb16000f49c8',
    'type', 'topic', 1, 1, '9d1de2a0-5d15-4a2f-b2ee-4e4519f9919c', 1, '{}', '\x7b7d', '2026-11-23T12:00Z',
    '2026-11-23T12:00Z');
insert into notifications.ended_staff_session ("session_id", "ended_at") values
    ('353c631c-dfd4-4f37-9200-339d068739fa', '2026-11-23T12:00Z');
insert into notifications.inbox ("handler", "event_id", "received_at") values ('handler',
    'a268aa87-2607-479d-a050-914a9d33a01c', '2026-11-23T12:00Z');
insert into notifications.journal ("message_id", "fence", "started_at", "accepted_at", "refused") values
    ('9a2ef80f-58ee-4571-b499-8d7c4093f6de', 1, '2026-11-23T12:00Z', '2026-11-23T12:00Z', true);
insert into notifications.letter ("digest", "outcome", "received_at") values ('digest', 'outcome',
    '2026-11-23T12:00Z');
insert into notifications.meeting ("id", "slug", "heading", "purpose", "place", "starts_at", "ends_at", "reply_by",
    "cancelled", "done") values ('1d87cec3-1f72-46ab-b961-fd925d39d0a8', 'slug', 'heading', 'purpose', 'place',
    '2026-12-10T18:00Z', '2026-12-10T20:00Z', '2026-12-01T00:00Z', true, '{}');
insert into notifications.member ("id", "purposes", "status") values ('fa529ba3-fe3b-4ada-bcf2-0724d953ee26', '{a}',
    'active');
insert into notifications.message ("id", "purpose", "subject_id", "member_id", "survey_id", "meeting_id",
    "generation", "content", "link_expires_at", "send_before", "state", "reason", "urgent", "consent", "fence",
    "lease_until", "not_before", "tries", "created_at", "asked_for_card") values
    ('4fd58dbe-7bdc-468b-bafb-2c68774b15d7', 'purpose', 'bfeaa155-1a28-47b3-a4e4-e25a15fc899e',
    '7a86f7a2-43c7-4b9a-bd87-a86557b6fb7e', '842e7fc2-2954-4a6e-b12a-a1f6d42fddbb',
    'f3b7a50d-f373-4a53-b488-f87605e999f3', 1, '{}', '2026-11-23T12:00Z', '2026-11-23T12:00Z', 'pending', 'reason',
    true, 'consent', 1, '2026-11-23T12:00Z', '2026-11-23T12:00Z', 1, '2026-11-23T12:00Z', true);
insert into notifications.outbox ("event_id", "topic", "type", "subject", "sequence", "headers", "payload",
    "restricted", "created_at") values ('b0a844e5-2587-4e6b-9c9b-cf35873be078', 'topic', 'type',
    'c215a82a-06ec-41ad-aa05-75438b0d590b', 1, '{}', '\x7b7d', true, '2026-11-23T12:00Z');
insert into notifications.relay_position ("topic", "partition", "acknowledged", "emptied_at") values ('topic', 1, 1,
    '2026-11-23T12:00Z');
insert into notifications.sending ("id", "paused", "reason", "changed_at") values (1, true, 'reason',
    '2026-11-23T12:00Z');
insert into notifications.settled_invitation ("id", "reason") values ('a49636a2-fa7f-4eab-8c4f-9b0687322e25',
    'reason');
insert into notifications.subject ("id", "sequence") values ('d86f40f6-b239-43c7-974c-77a2dd02de92', 1);
insert into notifications.subject_seen ("handler", "topic", "subject", "sequence") values ('handler', 'topic',
    'e883a1d4-5de0-4997-84b5-a81842d87208', 1);
insert into notifications.survey ("id", "questionnaire", "closes_at", "slug", "done") values
    ('3908f227-c59d-4916-9b0e-e76f2ac34446', '{}', '2026-11-23T12:00Z', 'slug', '{}');
