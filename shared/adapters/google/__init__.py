"""The ports on Firestore, Cloud Storage and Pub/Sub. Each module imports only its own client library."""
