"""The whole system on one machine without containers: real Postgres, real Kafka, a gateway, a mail catcher, sign-in."""
