variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of Cloud Workflows."
  type        = string
}

variable "sources" {
  description = "Text of each workflow, by its name."
  type        = map(string)
  validation {
    condition     = alltrue([for text in values(var.sources) : length(text) <= 131072])
    error_message = "sources: Cloud Workflows takes 128 KB of source."
  }
}

variable "environment" {
  description = "Environment of all workflows: the root addresses of the functions they call, which are the audiences of their tokens."
  type        = map(string)
  validation {
    condition     = alltrue([for value in values(var.environment) : can(regex("^https://[^/]+$", value))])
    error_message = "environment: root addresses (https://…, no path): Cloud Run refuses a token for any other audience."
  }
}

variable "service_account" {
  description = "Resource name or e-mail of the account that workflows run as."
  type        = string
  validation {
    condition     = can(regex("iam[.]gserviceaccount[.]com$", var.service_account))
    error_message = "service_account: a service account's e-mail or resource name."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete a workflow."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of the workflows."
  type        = map(string)
  default     = {}
}
