"""Delivery: at least once outside, exactly once inside.

Services use these names and nothing below them; none of them sees Kafka or FastStream.
"""

from shared.messaging.envelope import Delivery
from shared.messaging.outbox import (
    EventTooLarge,
    SubjectNotLocked,
    emit,
    emit_again,
    emit_new,
    emit_state,
    forget_subject,
    lock,
)
from shared.messaging.subscription import PermanentError, Subscription, subscribe
