# The state knows the password of each Redis: its bucket is private, versioned, and made by hand before the first init
# (README.md).
terraform {
  backend "gcs" {
    prefix = "swell/prod"
  }
}
