variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "database" {
  description = "Name of the Firestore database."
  type        = string
  default     = "(default)"
  validation {
    condition     = var.database == "(default)" || can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.database))
    error_message = "database: (default), or 4 to 63 lower-case letters, digits and hyphens."
  }
}

variable "location" {
  description = "Where state is kept: a multi-region (nam5, eur3) outlives the loss of a region, a region is cheaper. It cannot be changed later."
  type        = string
  validation {
    condition     = can(regex("^(nam5|eur3|nam7|[a-z]+-[a-z]+[0-9]+)$", var.location))
    error_message = "location: nam5, eur3, nam7 or a region."
  }
}

variable "expiring" {
  description = "Collection groups whose documents carry expires_at."
  type        = set(string)
  default = [
    "answers",          # of regions to inquiries
    "audit",            # who did what with a key
    "ballots",          # what regions voted on
    "commits",          # idempotency markers of events
    "days",             # load by the minute, a document a day
    "entries",          # journals
    "erasures",         # erasures and their receipts
    "inquiries",        # what regions are asked
    "names",            # starts of workflows
    "operations",       # imports and exports
    "prewarms",         # floors of plans
    "regions",          # what regions say of erasures; members of regions/ do not expire
    "reports",          # of days, as they were sent
    "rollouts",         # indexes that are built anew
    "shards",           # erasures and rollouts by shard
    "budget_decisions", # stops that were wanted
    "spend_days",       # what a day cost
    "tasks",            # given to regions
    "timeline",         # what was decided and done
    "timeline_keys",    # that it was told
  ]
  validation {
    condition     = alltrue([for each in var.expiring : can(regex("^[a-z][a-z_]*$", each))])
    error_message = "expiring: names of collection groups."
  }
}

variable "daily_backup_days" {
  description = "How long daily backups are kept; Firestore takes 14 weeks at most."
  type        = number
  default     = 7
  validation {
    condition     = var.daily_backup_days >= 1 && var.daily_backup_days <= 98
    error_message = "daily_backup_days: 1 to 98."
  }
}

variable "weekly_backup_weeks" {
  description = "How long weekly backups are kept; 0 makes none."
  type        = number
  default     = 8
  validation {
    condition     = var.weekly_backup_weeks >= 0 && var.weekly_backup_weeks <= 14
    error_message = "weekly_backup_weeks: 0 to 14."
  }
}

variable "deletion_protection" {
  description = "Whether the database refuses to be deleted."
  type        = bool
  default     = true
}
