variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "names" {
  description = "Bucket of each region's indexes, by region."
  type        = map(string)
  validation {
    condition     = alltrue([for name in values(var.names) : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", name))])
    error_message = "names: 3 to 63 lower-case letters, digits and hyphens."
  }
  validation {
    condition     = length(distinct(values(var.names))) == length(var.names)
    error_message = "names: each region has a bucket of its own."
  }
}

variable "backups" {
  description = "The bucket of backups, and its location: elsewhere than the home region, or a multi-region."
  type        = object({ name = string, location = string })
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.backups.name))
    error_message = "backups.name: 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "sources" {
  description = "The bucket of what releases are built from, and its location."
  type        = object({ name = string, location = string })
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.sources.name))
    error_message = "sources.name: 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "kept_after_delete_days" {
  description = "How long a deleted or replaced object can be had back. What users erase stays for as long in old versions."
  type        = number
  default     = 7
  validation {
    condition     = var.kept_after_delete_days >= 1 && var.kept_after_delete_days <= 90
    error_message = "kept_after_delete_days: 1 to 90."
  }
}

variable "backup_tiers_days" {
  description = "Age at which a backup becomes warm (Nearline), cold (Coldline), and is removed."
  type        = object({ warm = number, cold = number, removed = number })
  default     = { warm = 30, cold = 90, removed = 365 }
  validation {
    condition     = var.backup_tiers_days.warm >= 1 && var.backup_tiers_days.warm < var.backup_tiers_days.cold && var.backup_tiers_days.cold < var.backup_tiers_days.removed
    error_message = "backup_tiers_days: 1 <= warm < cold < removed."
  }
}

variable "export_days" {
  description = "Age at which exports and uploads of users (transfers/) are removed."
  type        = number
  default     = 30
  validation {
    condition     = var.export_days >= 1 && var.export_days <= 365
    error_message = "export_days: 1 to 365."
  }
}

variable "readers" {
  description = "IAM members that read the objects of all regions, by a name that is known when planning."
  type        = map(string)
}

variable "writers" {
  description = "IAM members that write the objects of all regions, by a name that is known when planning."
  type        = map(string)
}

variable "builders" {
  description = "IAM members that build releases from these sources, by a name that is known when planning."
  type        = map(string)
}

variable "transfer_buckets" {
  description = "Users' buckets that imports read and exports write."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for each in var.transfer_buckets : can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", each))])
    error_message = "transfer_buckets: names of buckets, without gs://."
  }
}

variable "transfer_members" {
  description = "IAM members that move users' files, by a name that is known when planning."
  type        = map(string)
}

variable "is_disposable" {
  description = "Whether buckets may be deleted with what they hold."
  type        = bool
  default     = false
}

variable "labels" {
  description = "Labels of the buckets."
  type        = map(string)
  default     = {}
}
