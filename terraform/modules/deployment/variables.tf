variable "project_id" {
  description = "Google Cloud project. One deployment has one: topics and the database have the names that functions know."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "project_number" {
  description = "Its number: the addresses of services and the names of Google's agents carry it."
  type        = string
  validation {
    condition     = can(regex("^[0-9]+$", var.project_number))
    error_message = "project_number: digits."
  }
}

variable "regions" {
  description = "Regions of topology.yaml that are deployed, the home region among them; null: all."
  type        = set(string)
  default     = null
  validation {
    condition     = var.regions == null ? true : contains(var.regions, local.home) && length(setsubtract(var.regions, keys(local.topology.regions))) == 0
    error_message = "regions: all of topology.yaml, and its home region among them."
  }
}

variable "deploys_functions" {
  description = "False for the first apply of all: what images are put into is made, and nothing that runs them."
  type        = bool
  default     = true
}

variable "image" {
  description = "The image that all functions start from, by digest; null where nothing is deployed yet. Later images are set by delivery and left alone here."
  type        = string
  default     = null
  validation {
    condition     = var.image == null ? !var.deploys_functions : can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image: by digest (…@sha256:…), since a tag can come to mean something else; or deploys_functions = false."
  }
}

variable "domains" {
  description = "Names that the API answers at. Empty: no load balancer, functions are reached at their run.app addresses, without Cloud Armor."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for each in var.domains : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", each))])
    error_message = "domains: lower case, no https://, no trailing full stop."
  }
}

variable "state_location" {
  description = "Where Firestore keeps state: nam5 and eur3 outlive the loss of a region."
  type        = string
}

variable "backup_location" {
  description = "Where backups are kept: not the home region alone."
  type        = string
  default     = "US"
  validation {
    condition     = can(regex("^(US|EU|ASIA|[a-z]+-[a-z]+[0-9]+)$", var.backup_location))
    error_message = "backup_location: US, EU, ASIA or a region."
  }
}

variable "cache_regions" {
  description = "Regions with a Memorystore for Redis."
  type        = set(string)
  default     = []
  validation {
    condition     = length(setsubtract(var.cache_regions, local.regions)) == 0
    error_message = "cache_regions: only regions that are deployed."
  }
}

variable "cache_memory_gb" {
  description = "Memory of each of these, in GiB."
  type        = number
  default     = 1
}

variable "cache_disk_gb" {
  description = "Disk of each instance that keeps segments, in GiB; 0: they stay in memory. The disk is a preview of Cloud Run."
  type        = number
  default     = 0
  validation {
    condition     = var.cache_disk_gb == 0 || var.cache_disk_gb >= 10
    error_message = "cache_disk_gb: 0, or at least 10."
  }
}

variable "egress_through_vpc" {
  description = "Whether functions leave through a network that leads to Google and to Redis only. Without it a region cannot reach its own query function, which takes no requests from outside, to warm it."
  type        = bool
  default     = true
}

variable "transfer_buckets" {
  description = "Users' buckets that imports read and exports write, beside transfers/ of our own."
  type        = set(string)
  default     = []
}

variable "warms_regions" {
  description = "Whether region_sync opens collections in its region's query function before a crowd. The secret swell-warming-key must have a version then: a key with scope read."
  type        = bool
  default     = false
}

variable "most_instances" {
  description = "Instances that a service may have in a region, where topology.yaml says more: Cloud Run refuses a ceiling that the project's quota of CPU does not allow. Null: what topology.yaml says."
  type        = number
  default     = null
  validation {
    condition     = var.most_instances == null ? true : var.most_instances >= 1 && floor(var.most_instances) == var.most_instances
    error_message = "most_instances: a whole number, at least 1, or null."
  }
}

variable "has_one_tenant" {
  description = "Whether all keys may see the same, so that the CDN may give one caller's neighbours to another."
  type        = bool
  default     = false
}

variable "trace_exporter" {
  description = "Where spans go: none, or gcp for Cloud Trace."
  type        = string
  default     = "none"
  validation {
    condition     = contains(["none", "gcp"], var.trace_exporter)
    error_message = "trace_exporter: none or gcp; through our network nothing else can be reached."
  }
}

variable "trace_ratio" {
  description = "Share of traces that is recorded."
  type        = number
  default     = 0.01
  validation {
    condition     = var.trace_ratio >= 0 && var.trace_ratio <= 1
    error_message = "trace_ratio: 0 to 1."
  }
}

variable "tuning" {
  description = "Further settings by function (SWELL_… = value). Those that are not named keep the default that the code has a reason for."
  type        = map(map(string))
  default     = {}
  validation {
    condition     = alltrue(flatten([for settings in values(var.tuning) : [for name in keys(settings) : can(regex("^SWELL_[A-Z0-9_]+$", name))]]))
    error_message = "tuning: names begin with SWELL_."
  }
}

variable "billing_account" {
  description = "Billing account of the budget; null makes none."
  type        = string
  default     = null
}

variable "month_usd" {
  description = "What a month may cost, in whole US dollars."
  type        = number
}

variable "emails" {
  description = "Addresses that alerts and the budget tell."
  type        = set(string)
  validation {
    condition     = length(var.emails) > 0
    error_message = "emails: at least one: an alert that reaches nobody is none."
  }
}

variable "runbook_url" {
  description = "Where docs/runbook.md can be read."
  type        = string
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

variable "candidate_tag" {
  description = "Tag that delivery gives a revision which has no traffic yet (swell/delivery/cloud_run.py): requests to canary.<domain> go there."
  type        = string
  default     = "candidate"
  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,44}[a-z0-9])?$", var.candidate_tag))
    error_message = "candidate_tag: a tag of Cloud Run: at most 46 lower-case letters, digits and hyphens."
  }
}

variable "is_paused" {
  description = "Whether schedules publish nothing: while the deployment is restored or taken apart."
  type        = bool
  default     = false
}

variable "is_disposable" {
  description = "Whether Terraform may delete what holds data."
  type        = bool
  default     = false
}

variable "labels" {
  description = "Labels of everything that takes some."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "labels: lower-case letters, digits, hyphens and underscores, 63 at most."
  }
}
