# This folder deploys nothing: envs/ do. It stands here for `terraform test`, which tests all modules at once.
terraform {
  required_version = ">= 1.9"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
  }
}
