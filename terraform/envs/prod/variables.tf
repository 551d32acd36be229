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
  default     = 1500
}

variable "deploys_functions" {
  description = "False for the first apply of all (README.md)."
  type        = bool
  default     = true
}

variable "image" {
  description = "The image of all functions, by digest; what runs in production was built once and tried out."
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

variable "domains" {
  description = "Names that the API answers at."
  type        = list(string)
  validation {
    condition     = length(var.domains) >= 1
    error_message = "domains: at least one: without a load balancer nothing routes to the nearest region."
  }
}

variable "regions" {
  description = "Regions of topology.yaml that are deployed; null: all."
  type        = set(string)
  default     = null
}

variable "state_location" {
  description = "Where Firestore keeps state; it cannot be changed later."
  type        = string
  default     = "nam5"
}

variable "cache_regions" {
  description = "Regions with a Memorystore for Redis; each costs money whether or not anybody searches."
  type        = set(string)
  default     = ["us-central1", "europe-west1", "asia-northeast1", "asia-southeast1", "southamerica-east1"]
}

variable "cache_disk_gb" {
  description = "Disk of each instance that keeps segments, in GiB; 0: they stay in memory."
  type        = number
  default     = 0
}

variable "operator_ranges" {
  description = "Addresses from which operators' routes may be asked; empty: from anywhere, with a key."
  type        = list(string)
  default     = []
}

variable "requests_per_min_per_address" {
  description = "Requests a minute that Cloud Armor lets through from one address."
  type        = number
  default     = 12000
}

variable "transfer_buckets" {
  description = "Users' buckets that imports read and exports write."
  type        = set(string)
  default     = []
}

variable "warms_regions" {
  description = "Whether regions open collections before a crowd: once swell-warming-key has a version."
  type        = bool
  default     = false
}

variable "has_one_tenant" {
  description = "Whether the CDN may give one caller's neighbours to another."
  type        = bool
  default     = false
}

variable "most_instances" {
  description = "Instances that a service may have in a region, where topology.yaml says more; null: what it says. A new project's quota may be small."
  type        = number
  default     = null
}
