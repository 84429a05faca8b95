"""Why a message is refused. What is refused goes whole to the quarantine, with a reason."""

from enum import StrEnum


class Reason(StrEnum):
    """The kinds of refusal, as they stand in the quarantine table and the API."""

    BAD_TOPIC = "bad_topic"
    UNKNOWN_DEVICE = "unknown_device"
    REVOKED_DEVICE = "revoked_device"
    TOPIC_NOT_PERMITTED = "topic_not_permitted"
    NOT_LET_IN = "not_let_in"
    TOO_LARGE = "too_large"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    NOT_FINITE = "not_finite"
    WRONG_SHAPE = "wrong_shape"
    NO_VALUE = "no_value"
    BAD_TIME = "bad_time"
    TIME_AHEAD = "time_ahead"
    BAD_POSITION = "bad_position"
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_CODEC = "unknown_codec"
    UNKNOWN_ALIAS = "unknown_alias"
    BAD_PROTOBUF = "bad_protobuf"
    TOO_MANY_METRICS = "too_many_metrics"
    PAST_AT_ONCE = "past_at_once"
    CODEC_FAILED = "codec_failed"
    NOT_STORABLE = "not_storable"
    INTERNAL_ERROR = "internal_error"


class Refused(Exception):
    """A message that cannot be taken, with what, where and why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
