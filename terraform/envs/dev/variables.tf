variable "project_id" {
  description = "Google Cloud project of this environment, and of nothing else."
  type        = string
}

variable "emails" {
  description = "Addresses that alerts and the budget tell."
  type        = set(string)
}

variable "billing_account" {
  description = "Billing account (XXXXXX-XXXXXX-XXXXXX) of the budget; null makes none."
  type        = string
  default     = null
}

variable "month_usd" {
  description = "What a month may cost, in whole US dollars."
  type        = number
  default     = 100 # what stands is half of it: swell deploy costs dev
}

variable "deploys_functions" {
  description = "False for the first apply of all (README.md)."
  type        = bool
  default     = true
}

variable "image" {
  description = "The image of all functions, by digest; null for the first apply of all."
  type        = string
  default     = null
}

variable "runbook_url" {
  description = "Where docs/runbook.md can be read."
  type        = string
}

variable "tuning" {
  description = "Further settings by function (SWELL_… = value)."
  type        = map(map(string))
  default     = {}
}

variable "is_paused" {
  description = "Whether schedules publish nothing."
  type        = bool
  default     = false
}

variable "regions" {
  description = "Regions of topology.yaml that are deployed, the home region among them."
  type        = set(string)
  default     = ["us-central1", "europe-west1"]
}

variable "most_instances" {
  description = "Instances that a service may have in a region, where topology.yaml says more; null: what it says. A new project's quota may be small."
  type        = number
  default     = 10 # of 2 vCPU: a new project's quota allows no more
}
