<%@ page contentType="application/xml; charset=UTF-8" session="false" trimDirectiveWhitespaces="true" %>
<?xml version="1.0" encoding="UTF-8"?>
<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">
  <vosi:available>true</vosi:available>
</vosi:availability>
