# The TPM verifier and what it stands on (AK certificates, claims) know each other.
get_target_property(sr_evidence_type sr_evidence TYPE)
if(sr_evidence_type STREQUAL "STATIC_LIBRARY")
    target_link_libraries(sr_evidence PUBLIC sr_proto)
endif()
