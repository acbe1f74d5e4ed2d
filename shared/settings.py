"""One installation's settings, read from ``PANEL_*`` environment variables."""

import os
import ssl
from functools import cached_property, lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from limits import parse_many
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.profile import SHIPPED, BadProfile, Profile, load_profile

#: Settings of earlier releases and the profile's entry instead: a setting that nobody reads misleads silently.
_MOVED = {
    "PANEL_MUNICIPALITY_NUMBER": "number",
    "PANEL_MUNICIPALITY_NAME": "name",
    "PANEL_CONTACT_EMAIL": "contact_email",
    "PANEL_DATA_PROTECTION_EMAIL": "data_protection_email",
    "PANEL_ACCESSIBILITY_STATEMENT_URL": "accessibility_url",
    "PANEL_REGISTRATION_START_SIZE": "start_size",
    "PANEL_REGISTRATION_GOAL_SIZE": "goal_size",
    "PANEL_REGISTRATION_MINIMUM_AGE": "minimum_age",
    "PANEL_REGISTRATION_AGE_WORDING": "age_wording",
}


_RATE_LIMITS = {
    "default": "60 per minute",
    "mail_from_one": "60 per 10 minutes; 300 per day",
    "mail_to_one": "6 per hour",
    "trial": "10 per hour",
}


class Settings(BaseSettings):
    """Settings of one service process.

    Database URLs are ``postgresql://user:password@host:port/database``; keys are base64 of 32 bytes. A setting that
    a service does not need is left unset in its environment, so that nothing holds a secret it has no use for.
    """

    # What was set is kept out of error messages: it may be a password.
    model_config = SettingsConfigDict(env_prefix="PANEL_", extra="ignore", frozen=True, hide_input_in_errors=True)

    environment: Literal["development", "test", "production"] = "development"
    prefix: str = Field("panel", pattern=r"^[a-z][a-z0-9-]{0,30}$")
    profile: Path | None = None
    """The folder with the municipality's profile; unset, which production refuses: Bærum's, the example."""
    zone_name: str = "Europe/Oslo"
    public_url: str = "http://127.0.0.1:8080"

    database_url: SecretStr = SecretStr("")
    service_database_url: SecretStr = SecretStr("")
    database_pool_size: int = 4
    """Connections a process keeps; it may open half as many more for a moment, and its relay has one of its own."""

    database_statement_cache: int = Field(100, ge=0)
    """Statements a connection keeps prepared; 0 with a transaction pooler that keeps none (PgBouncer before 1.21)."""

    kafka: str = "127.0.0.1:9092"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_security: Literal["", "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = ""
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    kafka_ca_file: Path | None = None
    """Certificates that the broker's must be signed by; without one, the machine's."""

    smtp_url: SecretStr = SecretStr("smtp://127.0.0.1:1025")
    smtp_ca_file: Path | None = None
    """Certificates that the mail server's must be signed by; without one, the machine's."""
    mail_from: str = "innbyggerpanel@example.org"
    mail_from_name: str = ""
    """Whom mails come from by name; empty: the panel, by the name in its profile."""
    mail_reply_to: str = "innbyggerpanel@example.org"

    synthetic_email: str = ""
    """Who signs up with this address is made up: takes part, is counted nowhere, and is erased within the hour."""

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_roles_claim: str = "roles"

    master_keys: SecretStr = SecretStr("")
    link_keys: SecretStr = SecretStr("")
    cookie_key: SecretStr = SecretStr("")
    staff_signing_key: SecretStr = SecretStr("")
    """Registration's alone, which signs staff in: the private half (Ed25519) of the next."""
    staff_public_key: str = ""
    """What every service checks a staff session by; nobody can make one with it."""

    key_dir: Path = Path("keys")
    """Folder for keys that must never be in the database or its backups; all replicas of a service share it."""
    clock_file: Path | None = None
    traces_url: str = ""
    """Where spans go by OTLP over HTTP, path and all (http://collector:4318/v1/traces); empty: no spans are made."""
    traces_share: float = Field(1.0, ge=0, le=1)
    """The share of traces that are sent."""
    host: str = "127.0.0.1"
    port: int = 8000
    drain_seconds: float = Field(0.0, ge=0, le=60)
    """How long a process that is told to end goes on answering, not ready, until senders of requests notice."""
    static_dir: Path | None = None
    rate_limits: dict[str, str] = _RATE_LIMITS
    """Posts per network address, by form, for all replicas of a service together, each rule over a day at most; what is
    set replaces the rules it names, and a form without a rule uses ``default``. ``mail_from_one``: forms of one network
    that may each be a mail to an address somebody typed (joining, signing in, a new address; suggestions apart), for a
    stand where everybody joins over one wifi, and a town hall behind one address; ``mail_to_one``: mails that strangers
    can have sent to one e-mail address; ``trial``: invitations a member of staff sends to themself."""
    trusted_gateways: tuple[str, ...] = ("127.0.0.1", "::1")
    """Peers, or networks of peers (10.0.0.0/8), whose X-Forwarded-For is believed."""

    @field_validator("rate_limits")
    @classmethod
    def _are_limits(cls, value: dict[str, str]) -> dict[str, str]:
        for rule in value.values():
            parse_many(rule)
        return _RATE_LIMITS | value

    @field_validator("zone_name")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("it must be a time zone such as Europe/Oslo")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _names_a_mail_server(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in ("smtp", "smtp+starttls", "smtps") or not parts.hostname:
            raise ValueError("it must be smtp://host:port, smtp+starttls://host:port or smtps://host:port")
        return value

    @field_validator("traces_url")
    @classmethod
    def _names_a_collector(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme in ("http", "https") and parts.hostname and parts.path.strip("/")):
            raise ValueError("it must be http://host:port/path, as http://collector:4318/v1/traces")
        return value

    @field_validator("kafka_ca_file", "smtp_ca_file")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.create_default_context(cafile=value)
            except (OSError, ssl.SSLError):
                raise ValueError(f"{value} is no readable file of certificates (PEM)") from None
        return value

    @field_validator("trusted_gateways")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"{network} is no address or network such as 10.0.0.0/8") from None
        return value

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.environment == "production" and self.clock_file is not None:
            raise ValueError("PANEL_CLOCK_FILE moves the panel's clock and is refused in production")
        if self.environment == "production" and self.profile is None:
            raise ValueError("PANEL_PROFILE must name the folder with the municipality's profile in production")
        return self

    @model_validator(mode="after")
    def _none_has_moved(self) -> Self:
        for name in _MOVED.keys() & os.environ.keys():
            raise ValueError(
                f"{name} has moved: write {_MOVED[name]} into profile.yaml in the folder PANEL_PROFILE names"
            )
        return self

    @model_validator(mode="after")
    def _profile_can_be_read(self) -> Self:
        try:
            _ = self.installed
        except BadProfile as problem:
            raise ValueError(f"PANEL_PROFILE: {problem}") from None
        return self

    @cached_property
    def installed(self) -> Profile:
        """The municipality's profile as installed; what staff chose since is in ``Runtime.profile``."""
        return load_profile(self.profile_folder)

    @property
    def profile_folder(self) -> Path:
        """Where the municipality's profile lies."""
        return self.profile or SHIPPED / "baerum"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days and deadlines are computed."""
        return ZoneInfo(self.zone_name)

    @property
    def kafka_security_protocol(self) -> str:
        """SASL as soon as there is a principal; TLS by setting."""
        return self.kafka_security or ("SASL_PLAINTEXT" if self.kafka_username else "PLAINTEXT")

    def role(self, service: str) -> str:
        """The service's role in Postgres; roles are the server's, so each installation has its own."""
        return f"{self.prefix}_{service}"

    def topic(self, name: str) -> str:
        """The installation's Kafka topic for the contract topic ``name``."""
        return f"{self.prefix}.{name}"

    def group(self, service: str, topic: str) -> str:
        """The consumer group of one service on one contract topic."""
        return f"{self.prefix}.{service}.{topic}"

    def source(self, service: str) -> str:
        """CloudEvents source of a service of this installation."""
        return f"urn:innbyggerpanel:{self.installed.number}:{service}"


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The process's settings; raises pydantic ValidationError that names the offending variable."""
    return Settings()
