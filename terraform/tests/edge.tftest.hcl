# The front door: what Google takes of serverless back-ends, what may be kept, and what is refused in which order.

# Applied to a mock: what is only known then would else be unknown. Whether an attribute that Google fills in was set is
# therefore not to be seen here: tests/deploy/test_terraform_facts.py reads the text for these.
mock_provider "google" {}

variables {
  project_id = "swell-test"
  domains    = ["search.example.com", "api.example.com"]
  backends = {
    ingest       = { service = "ingest", regions = ["us-central1"], is_cached = false }
    query        = { service = "query", regions = ["europe-west1", "us-central1"], is_cached = false }
    query-cached = { service = "query", regions = ["europe-west1", "us-central1"], is_cached = true }
    query-canary = { service = "query", regions = ["europe-west1", "us-central1"], is_cached = false, tag = "candidate" }
    stream-grpc  = { service = "stream-grpc", regions = ["europe-west1", "us-central1"], is_cached = false, is_grpc = true }
  }
  routes = [
    { method = "POST", path = "/v1/collections/{collection}/upsert", backend = "ingest" },
    { method = "POST", path = "/v1/collections/{collection}/query", backend = "query" },
    { method = "GET", path = "/v1/collections/{collection}/records/{id}/neighbors", backend = "query-cached" },
    { method = "GET", path = "/v1/collections", backend = "query" },
    { path = "/swell.v1.Search/*", backend = "stream-grpc" },
  ]
  default_backend = "query"
  canary_backend  = "query-canary"
  operator_ranges = ["192.0.2.0/24", "2001:db8::/32"]
  operator_paths  = ["/v1/budget", "/v1/plan"]
}

run "a_request_finds_its_function_and_google_takes_all_of_it" {
  command = apply
  module {
    source = "./modules/edge"
  }
  assert {
    condition     = alltrue([for backend in google_compute_backend_service.this : backend.health_checks == null && backend.locality_lb_policy == null])
    error_message = "serverless back-ends take no health check and no locality policy"
  }
  assert {
    condition = alltrue([for backend in google_compute_backend_service.this : (
      backend.outlier_detection[0].enforcing_success_rate == null && backend.outlier_detection[0].success_rate_minimum_hosts == null &&
      backend.outlier_detection[0].success_rate_request_volume == null && backend.outlier_detection[0].success_rate_stdev_factor == null
    )])
    error_message = "outliers of serverless back-ends are found by errors in a row, not by rates of success"
  }
  assert {
    condition     = alltrue([for backend in google_compute_backend_service.this : backend.outlier_detection[0].base_ejection_time[0].seconds == 180 && backend.outlier_detection[0].consecutive_errors == 5])
    error_message = "a region that fails five times in a row is out for three minutes"
  }
  assert {
    condition     = jsonencode({ for name, backend in google_compute_backend_service.this : name => length(backend.backend) }) == jsonencode({ ingest = 1, query = 2, query-cached = 2, query-canary = 2, stream-grpc = 2 })
    error_message = "one NEG a region and backend"
  }
  assert {
    condition     = alltrue([for neg in google_compute_region_network_endpoint_group.this : neg.network_endpoint_type == "SERVERLESS"])
    error_message = "all of them are serverless"
  }
  assert {
    condition     = join(" ", [for name, neg in google_compute_region_network_endpoint_group.this : name if neg.cloud_run[0].tag != null]) == "query-canary/europe-west1 query-canary/us-central1"
    error_message = "only the canary goes by a tag"
  }
  assert {
    condition     = jsonencode({ for name, backend in google_compute_backend_service.this : name => backend.protocol if backend.protocol != "HTTPS" }) == jsonencode({ stream-grpc = "HTTP2" })
    error_message = "gRPC needs HTTP/2 as far as the service; the others are HTTPS"
  }
  assert {
    condition     = google_compute_url_map.to_https.default_url_redirect[0].https_redirect && google_compute_url_map.to_https.default_url_redirect[0].redirect_response_code == "PERMANENT_REDIRECT"
    error_message = "plain HTTP is sent on, with method and body"
  }
  assert {
    condition     = google_compute_ssl_policy.this.min_tls_version == "TLS_1_2"
    error_message = "TLS 1.2 at least"
  }
  assert {
    condition     = join(" ", google_compute_managed_ssl_certificate.this.managed[0].domains) == "search.example.com api.example.com canary.search.example.com"
    error_message = "the certificate is for all names"
  }
  assert {
    condition     = join(" ", [for name, backend in google_compute_backend_service.this : name if backend.enable_cdn]) == "query-cached"
    error_message = "one backend is behind the CDN"
  }
  assert {
    condition     = google_compute_backend_service.this["query-cached"].cdn_policy[0].cache_mode == "USE_ORIGIN_HEADERS" && google_compute_backend_service.this["query-cached"].cdn_policy[0].negative_caching == false
    error_message = "what functions say of their answers holds, and refusals are not kept"
  }
  assert {
    condition     = google_compute_backend_service.this["query-cached"].cdn_policy[0].cache_key_policy[0].include_query_string && google_compute_backend_service.this["query-cached"].cdn_policy[0].cache_key_policy[0].include_host
    error_message = "answers differ by query and host"
  }
  assert {
    condition = jsonencode([for rule in one([for matcher in google_compute_url_map.this.path_matcher : matcher if matcher.name == "api"]).route_rules : [
      rule.priority, one(rule.match_rules).path_template_match, one(rule.match_rules).full_path_match, one(rule.match_rules).prefix_match, one(concat(one(rule.match_rules).header_matches[*].exact_match, []))
      ]]) == jsonencode([
      [1, "/v1/collections/*/upsert", null, null, "POST"],
      [2, "/v1/collections/*/query", null, null, "POST"],
      [3, "/v1/collections/*/records/*/neighbors", null, null, "GET"],
      [4, null, "/v1/collections", null, "GET"],
      [5, null, null, "/swell.v1.Search/", null],
    ])
    error_message = "a template where the path has names, the whole path where it has none, the beginning for gRPC"
  }
  assert {
    condition     = toset(flatten([for matcher in google_compute_url_map.this.path_matcher : [for rule in matcher.route_rules : [for match in rule.match_rules : match.header_matches[*].header_name]]])) == toset([":method"])
    error_message = "methods are matched as Google names them"
  }
}

run "cloud_armor_refuses_in_this_order" {
  command = plan
  module {
    source = "./modules/edge"
  }
  assert {
    condition = join("\n", sort([for rule in google_compute_security_policy.this.rule : "${format("%010d", rule.priority)} ${rule.action}${rule.preview == true ? " watched" : ""}"])) == join("\n", [
      "0000000100 deny(403)",
      "0000001000 deny(403)", "0000001001 deny(403)", "0000001002 deny(403)", "0000001003 deny(403)", "0000001004 deny(403)", "0000001005 deny(403)",
      "0000001006 deny(403) watched", "0000001007 deny(403) watched",
      "0000002000 rate_based_ban",
      "2147483647 allow",
    ])
    error_message = "operators' routes, known attacks, what is only watched, rates, everything else"
  }
  assert {
    condition     = one([for rule in google_compute_security_policy.this.rule : one(one(rule.match).expr).expression if rule.priority == 100]) == "request.path.matches('^(/v1/budget|/v1/plan)(/|$)') && !inIpRange(origin.ip, '192.0.2.0/24') && !inIpRange(origin.ip, '2001:db8::/32')"
    error_message = "operators' routes are for operators' addresses"
  }
  assert {
    condition     = one([for rule in google_compute_security_policy.this.rule : one(rule.rate_limit_options) if rule.priority == 2000]).exceed_action == "deny(429)" && one([for rule in google_compute_security_policy.this.rule : one(rule.rate_limit_options) if rule.priority == 2000]).conform_action == "allow"
    error_message = "too much is refused as too much"
  }
  assert {
    condition     = alltrue([for backend in google_compute_backend_service.this : backend.load_balancing_scheme == "EXTERNAL_MANAGED"]) && google_compute_security_policy.this.adaptive_protection_config[0].layer_7_ddos_defense_config[0].enable
    error_message = "adaptive protection is on, and the load balancer is the one that has it"
  }
}

run "without_operators_addresses_there_is_no_such_rule" {
  command = plan
  module {
    source = "./modules/edge"
  }
  variables {
    operator_ranges = []
  }
  assert {
    condition     = !contains([for rule in google_compute_security_policy.this.rule : rule.priority], 100)
    error_message = "an empty list closes nothing"
  }
}

run "what_leads_nowhere_is_refused" {
  command = plan
  module {
    source = "./modules/edge"
  }
  variables {
    domains                      = []
    routes                       = [{ method = "GET", path = "/v1/x", backend = "nowhere" }]
    default_backend              = "nowhere"
    canary_backend               = "nowhere"
    outliers                     = { errors_in_a_row = 0, interval_s = 5, out_s = 30, most_percent = 101 }
    requests_per_min_per_address = 1
    waf_enforced                 = ["lfi-v33-stable"]
    operator_ranges              = ["10.0.0.0"]
    operator_paths               = ["/"]
    log_share                    = 2
  }
  expect_failures = [
    var.domains, var.routes, var.default_backend, var.canary_backend, var.outliers, var.requests_per_min_per_address,
    var.waf_enforced, var.operator_ranges, var.operator_paths, var.log_share,
  ]
}

run "what_is_enforced_is_not_only_watched" {
  command = plan
  module {
    source = "./modules/edge"
  }
  variables {
    waf_watched = ["cve-canary"]
  }
  expect_failures = [var.waf_watched]
}
